extern int tentative;
extern void *kept_globally;
int shared_step(void);
