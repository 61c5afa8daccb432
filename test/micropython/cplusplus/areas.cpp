#include "shapes.h"

int areas_largest() {
    static const int areas[] = {9, 10, 4};
    return largest(areas);
}
