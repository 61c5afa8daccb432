// Without static variables beside it, this one is in memory that every port's garbage collector looks through.
void *kept_globally;
