/* For compilers that bring no C library; found only after all others. Numbers as MicroPython's py/mperrno.h has them. */
#ifndef NATMOD_ERRNO_H
#define NATMOD_ERRNO_H
#define EPERM 1
#define ENOENT 2
#define EIO 5
#define EBADF 9
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EISDIR 21
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define EOPNOTSUPP 95
#define ETIMEDOUT 110
#endif
