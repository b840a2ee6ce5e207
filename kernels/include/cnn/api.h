/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every public header of the library begins with.
 *
 * The headers are C11 and C++17. Structures that a program fills in are initialized as a whole, so
 * that what they do not name is zero: zero is the default of every field, and later versions add
 * fields at the end only. */
#ifndef CNN_API_H
#define CNN_API_H

/* The version of the interface that a program is compiled for. Programs and library of the same
 * major version fit together when the library's minor version is at least the program's. */
#define CNN_API_MAJOR 0
#define CNN_API_MINOR 1

/* What the shared library exports. In the plugin and in the static library it says nothing. */
#if defined CNN_SHARED_LIBRARY
#define CNN_API __attribute__ ((visibility ("default")))
#else
#define CNN_API
#endif

#ifdef __cplusplus
#define CNN_BEGIN_DECLARATIONS extern "C" {
#define CNN_END_DECLARATIONS }
#else
#define CNN_BEGIN_DECLARATIONS
#define CNN_END_DECLARATIONS
#endif

#endif
