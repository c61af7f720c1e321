/* CRC-32C (Castagnoli, as in RFC 3720 appendix B.4): finds octets that a disk has changed. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The sum of what `crc` stands for and the octets behind it; 0 for nothing yet. */
uint32_t crc32c(uint32_t crc, const void *octets, size_t len);

#endif
