/* markup.h: checks of HTML and XML for tests. */
#ifndef P2C_TESTS_TRAIN_MARKUP_H
#define P2C_TESTS_TRAIN_MARKUP_H

/* Fails the test unless every tag is closed in order, every attribute is quoted, and text has no
 * stray '<', '>' or '&'. */
void assert_well_formed(const char *markup);
int count_of(const char *text, const char *part);

#endif
