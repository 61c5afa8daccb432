// A name that sources of native modules include: see natmod/runtime.h.
#include "natmod/runtime.h"
