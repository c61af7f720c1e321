/* Reads header blocks from standard input, a NUL behind each, and prints the recipients of each on
 * a line: "local|domain" with a tab between, or "error" and its text. */
#include "mail/envelope.h"
#include "mail/reader.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_recipients(struct span block)
{
    ERR e = { 0 };
    struct message m = { 0 };
    struct reader reader;
    struct addr_list list = { 0 };
    reader_init(&reader, &m, (struct message_limits){ 0 });
    int done = reader_feed(&reader, block, &e) < 0 ? -1 : reader_finish(&reader, &e);
    reader_done(&reader);
    if (done < 0 || envelope_from_header(&m.arena, &m.header, &list, &e) < 0)
        printf("error %s", e.text);
    for (size_t i = 0; i < list.n; i++)
        printf("%s%s|%s", i ? "\t" : "", list.items[i].local, list.items[i].domain);
    printf("\n");
    message_done(&m);
}

int main(void)
{
    BUF all = { 0 };
    char piece[65536];
    ssize_t n;
    while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0)
        buf_add(&all, piece, (size_t)n);
    struct span rest = buf_span(&all), block;
    while (span_has(rest, '\0') && span_next(&rest, '\0', &block))
        print_recipients(block);
    return n < 0;
}
