/* What one session of the service may take, whatever its client does. */
#ifndef CMD_SERVE_LIMITS_H
#define CMD_SERVE_LIMITS_H

enum {
    SESSION_MEMORY_MIB = 128, /* of addresses, beyond what the parent has: the largest message with
                                 the most recipients takes half of it */
    SESSION_FILES = 64,
};

/* For the process that calls it and its children, for good (setrlimit(2)). Whoever exceeds the
 * memory ends with 71. What cannot be limited is not. */
void serve_limit_session(void);

#endif
