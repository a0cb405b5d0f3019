/* version.h - the version of the library and of what it writes down.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_VERSION_H
#define ITP_VERSION_H

#define ITP_VERSION        "0.1.0"
#define ITP_SCHEMA_VERSION 1 /* of the journal; a newer one is refused, an older one migrated */
#define ITP_WIRE_VERSION   1 /* of the messages; see wire.h */

#endif
