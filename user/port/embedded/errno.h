/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Error numbers where there is no C library: those of Linux. With one, its own <errno.h> is
 * found instead if this directory is not in the include path.
 */
#ifndef EFS_EMBEDDED_ERRNO_H
#define EFS_EMBEDDED_ERRNO_H

#define EPERM		1
#define ENOENT		2
#define EINTR		4
#define EIO		5
#define ENXIO		6
#define E2BIG		7
#define EBADF		9
#define EAGAIN		11
#define ENOMEM		12
#define EACCES		13
#define EBUSY		16
#define EEXIST		17
#define EXDEV		18
#define ENODEV		19
#define ENOTDIR		20
#define EISDIR		21
#define EINVAL		22
#define EFBIG		27
#define ENOSPC		28
#define ESPIPE		29
#define EROFS		30
#define EMLINK		31
#define ERANGE		34
#define ENAMETOOLONG	36
#define ENOTEMPTY	39
#define ELOOP		40
#define ENODATA		61
#define EOVERFLOW	75
#define EOPNOTSUPP	95
#define ESTALE		116
#define EUCLEAN		117

#endif /* EFS_EMBEDDED_ERRNO_H */
