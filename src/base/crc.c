#include "base/crc.h"

/* Eight octets at a time: sums[k][octet] is the sum of one octet with k zero octets behind it.
 *
 * A sum is linear: that of an octet is the exclusive or of those of its bits. So the eight
 * constants of each row below, for the bits from the highest to the lowest, make all 256 entries.
 * And all 64 of them are one sequence: the polynomial, reversed, with one more zero bit behind it
 * each time. */
#define BIT(octet, bit, sum) ((octet) & (1u << (bit)) ? (sum) : 0u)
#define SUM(o, b7, b6, b5, b4, b3, b2, b1, b0)                                       \
    (BIT(o, 7, b7) ^ BIT(o, 6, b6) ^ BIT(o, 5, b5) ^ BIT(o, 4, b4) ^ BIT(o, 3, b3) ^ \
     BIT(o, 2, b2) ^ BIT(o, 1, b1) ^ BIT(o, 0, b0))
#define SUMS_4(o, ...)                                                         \
    SUM(o, __VA_ARGS__), SUM((o) + 1, __VA_ARGS__), SUM((o) + 2, __VA_ARGS__), \
        SUM((o) + 3, __VA_ARGS__)
#define SUMS_16(o, ...)                                                                 \
    SUMS_4(o, __VA_ARGS__), SUMS_4((o) + 4, __VA_ARGS__), SUMS_4((o) + 8, __VA_ARGS__), \
        SUMS_4((o) + 12, __VA_ARGS__)
#define SUMS_64(o, ...)                                                                      \
    SUMS_16(o, __VA_ARGS__), SUMS_16((o) + 16, __VA_ARGS__), SUMS_16((o) + 32, __VA_ARGS__), \
        SUMS_16((o) + 48, __VA_ARGS__)
#define SUMS(...)                                                                        \
    {                                                                                    \
        SUMS_64(0u, __VA_ARGS__), SUMS_64(64u, __VA_ARGS__), SUMS_64(128u, __VA_ARGS__), \
            SUMS_64(192u, __VA_ARGS__)                                                   \
    }

static const uint32_t sums[8][256] = {
    SUMS(0x82f63b78, 0x417b1dbc, 0x20bd8ede, 0x105ec76f, 0x8ad958cf, 0xc79a971f, 0xe13b70f7,
         0xf26b8303),
    SUMS(0xfbc3faf9, 0xff17c604, 0x7f8be302, 0x3fc5f181, 0x9d14c3b8, 0x4e8a61dc, 0x274530ee,
         0x13a29877),
    SUMS(0x8b277743, 0xc76580d9, 0xe144fb14, 0x70a27d8a, 0x38513ec5, 0x9edea41a, 0x4f6f520d,
         0xa541927e),
    SUMS(0x52a0c93f, 0xaba65fe7, 0xd725148b, 0xe964b13d, 0xf64463e6, 0x7b2231f3, 0xbf672381,
         0xdd45aab8),
    SUMS(0x6ea2d55c, 0x37516aae, 0x1ba8b557, 0x8f2261d3, 0xc5670b91, 0xe045beb0, 0x7022df58,
         0x38116fac),
    SUMS(0x1c08b7d6, 0x0e045beb, 0x85f4168d, 0xc00c303e, 0x6006181f, 0xb2f53777, 0xdb8ca0c3,
         0xef306b19),
    SUMS(0xf56e0ef4, 0x7ab7077a, 0x3d5b83bd, 0x9c5bfaa6, 0x4e2dfd53, 0xa5e0c5d1, 0xd0065990,
         0x68032cc8),
    SUMS(0x34019664, 0x1a00cb32, 0x0d006599, 0x847609b4, 0x423b04da, 0x211d826d, 0x9278fa4e,
         0x493c7d27),
};

static uint32_t crc_eight(uint32_t crc, const unsigned char *at)
{
    return sums[7][at[0] ^ (crc & 255)] ^ sums[6][at[1] ^ (crc >> 8 & 255)] ^
           sums[5][at[2] ^ (crc >> 16 & 255)] ^ sums[4][at[3] ^ (crc >> 24)] ^ sums[3][at[4]] ^
           sums[2][at[5]] ^ sums[1][at[6]] ^ sums[0][at[7]];
}

uint32_t crc32c(uint32_t crc, const void *octets, size_t len)
{
    const unsigned char *at = octets;
    crc = ~crc;
    for (; len >= 8; len -= 8, at += 8)
        crc = crc_eight(crc, at);
    for (; len; len--, at++)
        crc = sums[0][(crc ^ *at) & 255] ^ crc >> 8;
    return ~crc;
}
