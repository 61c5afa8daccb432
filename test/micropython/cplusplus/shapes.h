#ifdef __cplusplus
extern "C" {
#endif
int shapes_area(int scale);
int shapes_made(void);
int shapes_largest(void);
int areas_largest(void);
#ifdef __cplusplus
}

// Both sources have an instance of their own; a module has one.
template <typename T, int count> T largest(const T (&values)[count]) {
    T best = values[0];
    for (const T &value : values) {
        if (value > best) {
            best = value;
        }
    }
    return best;
}

// One variable for all sources.
inline int &made() {
    static int shapes = 0;
    return shapes;
}
#endif
