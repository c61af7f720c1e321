/* A JSON writer (RFC 8259), enough for one object on one line. Commas come by themselves.
 *
 *   struct json j = { &out };
 *   json_open(&j, NULL, '{');
 *   json_string(&j, "result", SPAN("sent"));
 *   json_open(&j, "recipients", '[');  ...  json_close(&j, ']');
 *   json_close(&j, '}');
 *
 * `key` is NULL inside an array and for the outermost value, else needs no escape. Invalid UTF-8 is
 * written as U+FFFD. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

struct json {
    struct buf *out;
    bool comma; /* the next value needs one in front */
};

void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_string(struct json *j, const char *key, struct span value);
void json_number(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
