/* markup.h: what tests know about HTML and XML. */
#ifndef P2C_TESTS_TRAIN_MARKUP_H
#define P2C_TESTS_TRAIN_MARKUP_H

/* Every tag closed in order, every attribute quoted, no stray '<', '>' or '&' in text. Fails the
 * test otherwise. */
void assert_well_formed(const char *markup);
int count_of(const char *text, const char *part);

#endif
