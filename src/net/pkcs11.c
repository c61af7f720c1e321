#include "net/pkcs11.h"

#include "base/arena.h"
#include "base/io.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { PIN_FILE_LIMIT = 4096 };

static const char scheme[] = "pkcs11:";

bool pkcs11_is_uri(const char *text)
{
    return span_istarts(span_of(text), scheme);
}

/* Takes the next attribute off the front; whether it stands behind the "?" is remembered. */
static bool next_attribute(struct span *rest, bool *in_query, struct span *ret)
{
    size_t len = 0;
    if (!rest->len)
        return false;
    while (len < rest->len && !strchr(";?&", rest->at[len]))
        len++;
    *ret = (struct span){ rest->at, len };
    *rest = span_from(*rest, len);
    if (rest->len) {
        *in_query |= rest->at[0] == '?';
        *rest = span_from(*rest, 1);
    }
    return true;
}

static struct span attributes_of(const char *uri)
{
    return span_from(span_of(uri), sizeof scheme - 1);
}

static bool is_pin(struct span attribute)
{
    return span_starts(attribute, "pin-value=") || span_starts(attribute, "pin-source=") ||
           span_starts(attribute, "pinfile=");
}

static bool is_type(struct span attribute)
{
    return span_starts(attribute, "type=") || span_starts(attribute, "object-type=");
}

void pkcs11_add_object(struct buf *to, const char *uri, const char *type)
{
    BUF query = { 0 };
    struct span rest = attributes_of(uri), attribute;
    bool in_query = false;
    buf_addf(to, "%stype=%s", scheme, type);
    for (bool here = false; next_attribute(&rest, &in_query, &attribute); here = in_query) {
        if (!attribute.len || is_pin(attribute) || is_type(attribute))
            continue;
        if (here)
            buf_add_char(&query, query.len ? '&' : '?');
        else
            buf_add_char(to, ';');
        buf_add_span(here ? &query : to, attribute);
    }
    buf_add_span(to, buf_span(&query));
}

/* The PIN. */

static void add_decoded(struct buf *to, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len && text.at[i] == '%' ? ascii_hex(text.at[i + 1]) : -1;
        int low = high < 0 ? -1 : ascii_hex(text.at[i + 2]);
        buf_add_char(to, low < 0 ? text.at[i] : (char)(high << 4 | low));
        i += low < 0 ? 0 : 2;
    }
}

/* "file:/path", "file:///path" or "/path". */
static const char *path_of(struct arena *a, struct span source)
{
    BUF decoded = { 0 };
    add_decoded(&decoded, source);
    struct span path = buf_span(&decoded);
    if (span_istarts(path, "file:"))
        path = span_from(path, strlen("file:"));
    if (span_starts(path, "///"))
        path = span_from(path, 2);
    return arena_string(a, path);
}

/* Whoever knows the PIN may use the key as long as the token is there. */
static int check_readers(int fd, const char *key, const char *path, struct err *e)
{
    struct stat about;
    if (fstat(fd, &about) < 0)
        return err_system(e, ERR_CONFIG, errno, "%s: PIN in %s", key, path);
    if (!(about.st_mode & (S_IROTH | S_IWGRP | S_IWOTH)))
        return 0;
    err_set(e, ERR_CONFIG, "%s: PIN in %s: others may read or change it", key, path);
    err_hint(e, "chmod go-w,o= %s", path);
    return -1;
}

static int read_pin(const char *key, struct span source, struct buf *to, struct err *e)
{
    ARENA a = { 0 };
    BUF text = { .secret = true };
    const char *path = path_of(&a, source);
    if (path[0] != '/') {
        err_set(e, ERR_CONFIG, "%s: pin-source is no absolute path", key);
        err_hint(e, "write pin-source=file:/path/to/file");
        return -1;
    }
    CLEANUP(io_close) int fd = io_open_file(path);
    if (fd < 0)
        return err_system(e, ERR_CONFIG, errno, "%s: PIN in %s", key, path);
    if (check_readers(fd, key, path, e) < 0)
        return -1;
    if (io_read_all(fd, path, PIN_FILE_LIMIT, &text, e) < 0) {
        e->kind = ERR_CONFIG;
        return -1;
    }
    struct span pin = span_trim(span_line(buf_span(&text)));
    if (!pin.len)
        return err_set(e, ERR_CONFIG, "%s: PIN in %s: the file is empty", key, path);
    buf_add_span(to, pin);
    return 0;
}

int pkcs11_pin(const char *key, const char *uri, struct buf *to, struct err *e)
{
    struct span rest = attributes_of(uri), attribute;
    bool in_query = false;
    to->secret = true;
    while (next_attribute(&rest, &in_query, &attribute)) {
        if (!is_pin(attribute))
            continue;
        struct span value = span_from(attribute, strcspn(attribute.at, "=") + 1);
        if (!span_starts(attribute, "pin-value="))
            return read_pin(key, value, to, e);
        add_decoded(to, value);
        return 0;
    }
    return 0;
}
