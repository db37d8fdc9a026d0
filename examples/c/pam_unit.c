/* PAM in float32 behind a pipe: pam and pasqrt on bit patterns, integers only.
 *
 *     ./pam_unit [pam|pasqrt]
 *
 * Reads one case a line, operands as bare hexadecimal codes; writes the result of each, in order.
 * Compile with -DBUG_WRAP for a pam whose overflow runs into the sign, with -DBUG_ROUND for a pasqrt that does not
 * round but cut.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SIGN 0x80000000u
#define TINY 0x00800000u /* smallest normal number; below it everything counts as zero */
#define ONE 0x3F800000u
#define INF 0x7F800000u
#define NAN_ 0x7FC00000u /* the quiet NaN, sign clear */

static uint32_t pam(uint32_t a, uint32_t b)
{
    uint32_t sign = (a ^ b) & SIGN, ma = a & ~SIGN, mb = b & ~SIGN;
    int zero = ma < TINY || mb < TINY;
    int64_t total = (int64_t)ma + mb - ONE; /* the whole multiplication */

    if (ma > INF || mb > INF)
        return NAN_;
    if (ma == INF || mb == INF)
        return zero ? NAN_ : sign | INF;
    if (zero || total < TINY)
        return sign;
#ifdef BUG_WRAP
    return sign + (uint32_t)total;
#else
    return sign | (total < INF ? (uint32_t)total : INF);
#endif
}

static uint32_t pasqrt(uint32_t x)
{
    uint32_t magnitude = x & ~SIGN, sum = magnitude + ONE; /* twice the result: less than 2^32 */

    if (magnitude > INF)
        return NAN_;
    if (magnitude < TINY)
        return x & SIGN;
    if (x & SIGN)
        return NAN_;
    if (magnitude == INF)
        return INF;
#ifdef BUG_ROUND
    return sum >> 1;
#else
    return (sum >> 1) + (sum & (sum >> 1) & 1); /* half of it, ties to even */
#endif
}

int main(int count, char **arguments)
{
    const char *op = count > 1 ? arguments[1] : "pam";
    uint32_t a, b;

    if (strcmp(op, "pam") == 0)
        while (scanf("%" SCNx32 "%" SCNx32, &a, &b) == 2)
            printf("%08" PRIX32 "\n", pam(a, b));
    else if (strcmp(op, "pasqrt") == 0)
        while (scanf("%" SCNx32, &a) == 1)
            printf("%08" PRIX32 "\n", pasqrt(a));
    else {
        fprintf(stderr, "usage: pam_unit [pam|pasqrt]\n");
        return 2;
    }
    return 0;
}
