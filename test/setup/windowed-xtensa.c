/* The instruction set of QEMU's core de233_fpu as a plugin for GNU tools: their interface, filled from QEMU's headers. */

#include "core-isa.h"

/* What Cadence's own configuration headers would say besides; the calling convention stays the compiler's choice. */
#define XCHAL_HAVE_MMU 0
#define XSHAL_USE_ABSOLUTE_LITERALS 0
#define XTHAL_ABI_WINDOWED 0
#define XTHAL_ABI_CALL0 1
#define XSHAL_ABI XTHAL_ABI_WINDOWED

#define XTENSA_CONFIG_DEFINITION
#include "xtensa-dynconfig.h"

#define XTENSA_CONFIG_ENTRY(value) value
XTENSA_CONFIG_INSTANCE_LIST;

int plugin_is_GPL_compatible;
