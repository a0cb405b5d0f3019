/* test_base.c - buffers, clocks, log lines, tokens, digests and copies.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "ids.h"
#include "log.h"
#include "sha256.h"
#include "suite.h"
#include "values.h"

static void buffer_grows_and_keeps_its_bytes(void)
{
    itp_buffer buffer = {0};
    for (int i = 0; i < 1000; i++) CU_ASSERT_EQUAL(itp_buffer_print(&buffer, "%03d,", i), ITP_OK);
    CU_ASSERT_EQUAL(buffer.size, 4000);
    CU_ASSERT_NSTRING_EQUAL(buffer.data + 4 * 999, "999,", 4);
    itp_buffer_clear(&buffer);
    CU_ASSERT_EQUAL(itp_buffer_append(&buffer, "a\0b", 3), ITP_OK);
    CU_ASSERT_EQUAL(itp_buffer_text(&buffer, "cd"), ITP_OK);
    CU_ASSERT_EQUAL(buffer.size, 5);
    CU_ASSERT_EQUAL(memcmp(buffer.data, "a\0bcd", 6), 0);
    CU_ASSERT_EQUAL(itp_buffer_append(&buffer, "x", (size_t)-1), ITP_ENOMEM);
    CU_ASSERT_EQUAL(buffer.size, 5);
    itp_buffer_deinit(&buffer);
    CU_ASSERT_PTR_NULL(buffer.data);
}

static void clock_text_is_utc_on_both_sides_of_1970(void)
{
    char text[ITP_CLOCK_TEXT];
    CU_ASSERT_STRING_EQUAL(itp_clock_text(0, text), "1970-01-01T00:00:00.000Z");
    CU_ASSERT_STRING_EQUAL(itp_clock_text(951782400123, text), "2000-02-29T00:00:00.123Z");
    CU_ASSERT_STRING_EQUAL(itp_clock_text(-1, text), "1969-12-31T23:59:59.999Z");
    int64_t before = itp_clock_monotonic_ns();
    CU_ASSERT(itp_clock_monotonic_ns() >= before);
    CU_ASSERT(itp_clock_utc_ms() > 1700000000000); /* 2023: the machine's clock is set */
}

static void log_line_cannot_be_forged(void)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    itp_log_to log = {ends[1], ITP_INFO, "worker=w1"};
    itp_log(&log, ITP_DEBUG, "unseen", "n=%d", 1);
    itp_log(&log, ITP_WARN, "declined", "text=%s", "a\n2026 ERROR forged\x1b[31m");
    itp_log(NULL, ITP_ERROR, "nowhere", "n=%d", 1);
    char line[512] = "";
    ssize_t size = read(ends[0], line, sizeof line - 1);
    CU_ASSERT_FATAL(size > 25);
    CU_ASSERT_STRING_EQUAL(line + 24, " WARN declined worker=w1 text=a 2026 ERROR forged [31m\n");
    close(ends[0]);
    close(ends[1]);
}

static void long_log_line_is_cut_and_still_one_line(void)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    itp_log_to log = {ends[1], ITP_DEBUG, NULL};
    char text[5000], line[8192];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    itp_log(&log, ITP_ERROR, "long", "text=%s", text);
    ssize_t size = read(ends[0], line, sizeof line);
    CU_ASSERT_EQUAL(size, 2048);
    CU_ASSERT_EQUAL(line[size - 1], '\n');
    close(ends[0]);
    close(ends[1]);
}

static void tokens_are_hexadecimal_and_differ(void)
{
    char a[ITP_TOKEN_TEXT], b[ITP_TOKEN_TEXT], attempt[ITP_ATTEMPT_TEXT];
    CU_ASSERT_EQUAL(itp_token(a), ITP_OK);
    CU_ASSERT_EQUAL(itp_token(b), ITP_OK);
    CU_ASSERT_EQUAL(strspn(a, "0123456789abcdef"), 32);
    CU_ASSERT_STRING_NOT_EQUAL(a, b);
    CU_ASSERT_STRING_EQUAL(itp_attempt_text(UINT64_MAX, UINT32_MAX, attempt),
                           "18446744073709551615.4294967295");
}

static void sha256_matches_the_standard(void)
{
    /* FIPS 180-4 examples: "abc" and the empty message. */
    char text[ITP_SHA256_TEXT], parts[ITP_SHA256_TEXT];
    CU_ASSERT_STRING_EQUAL(itp_sha256_of("abc", 3, text),
                           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    itp_sha256 state;
    unsigned char digest[ITP_SHA256_BYTES];
    itp_sha256_init(&state);
    itp_sha256_update(&state, "a", 1);
    itp_sha256_update(&state, "bc", 2);
    itp_sha256_final(&state, digest);
    CU_ASSERT_STRING_EQUAL(itp_sha256_text(digest, parts), text);
    CU_ASSERT_STRING_EQUAL(itp_sha256_of("", 0, text),
                           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sha256_of_a_file_and_of_none(void)
{
    char path[] = "/tmp/itp_sha256_XXXXXX", text[ITP_SHA256_TEXT];
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, "abc", 3), 3);
    close(fd);
    uint64_t size = 0;
    CU_ASSERT_EQUAL(itp_sha256_file(path, text, &size, NULL), ITP_OK);
    CU_ASSERT_EQUAL(size, 3);
    CU_ASSERT_NSTRING_EQUAL(text, "ba7816bf", 8);
    unlink(path);
    itp_error err;
    CU_ASSERT_EQUAL(itp_sha256_file(path, text, NULL, &err), ITP_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
}

static void values_are_copied_whole(void)
{
    char name[] = "salt", label[] = "LiPF6", unit[] = "mol/L";
    itp_value values[] = {{name, NAN, NAN, NULL, label}, {"c", 1.25, 0.5, unit, NULL}};
    itp_value *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_values_copy(2, values, &copy), ITP_OK);
    memset(name, 'x', 4);
    memset(label, 'x', 5);
    memset(unit, 'x', 5);
    CU_ASSERT_STRING_EQUAL(copy[0].name, "salt");
    CU_ASSERT_STRING_EQUAL(copy[0].label, "LiPF6");
    CU_ASSERT_PTR_NULL(copy[0].unit);
    CU_ASSERT_STRING_EQUAL(copy[1].unit, "mol/L");
    CU_ASSERT_EQUAL(copy[1].sd, 0.5);
    CU_ASSERT_PTR_EQUAL(itp_values_find(2, copy, "c"), &copy[1]);
    CU_ASSERT_PTR_NULL(itp_values_find(2, copy, "d"));
    free(copy);
    CU_ASSERT_EQUAL(itp_values_copy(0, NULL, &copy), ITP_OK);
    CU_ASSERT_PTR_NULL(copy);
}

static void ports_are_copied_whole(void)
{
    const char *labels[] = {"a", "bcd", NULL}, *none[] = {NULL};
    itp_port ports[] = {{"salt", NULL, NULL, NAN, NAN, labels, 0},
                        {"t", "degC", "https://w3id.org/x", 0, 60, NULL, 1},
                        {"u", "1", NULL, NAN, 1, none, 0}};
    itp_port *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_ports_copy(3, ports, &copy), ITP_OK);
    CU_ASSERT_PTR_NOT_EQUAL(copy[0].labels, labels);
    CU_ASSERT_STRING_EQUAL(copy[0].labels[1], "bcd");
    CU_ASSERT_PTR_NULL(copy[0].labels[2]);
    CU_ASSERT_STRING_EQUAL(copy[1].iri, "https://w3id.org/x");
    CU_ASSERT_EQUAL(copy[1].high, 60);
    CU_ASSERT_PTR_NULL(copy[2].labels[0]);
    CU_ASSERT_PTR_EQUAL(itp_ports_find(3, copy, "t"), &copy[1]);
    free(copy);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"buffer grows and keeps its bytes", buffer_grows_and_keeps_its_bytes},
        {"clock text is UTC on both sides of 1970", clock_text_is_utc_on_both_sides_of_1970},
        {"log line cannot be forged", log_line_cannot_be_forged},
        {"long log line is cut and still one line", long_log_line_is_cut_and_still_one_line},
        {"tokens are hexadecimal and differ", tokens_are_hexadecimal_and_differ},
        {"sha256 matches the standard", sha256_matches_the_standard},
        {"sha256 of a file and of none", sha256_of_a_file_and_of_none},
        {"values are copied whole", values_are_copied_whole},
        {"ports are copied whole", ports_are_copied_whole},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/base", tests);
}
