/*
 * xml -- text on its way out: escaped, and never anything XML 1.0 forbids.
 *
 * One forbidden byte ends an XMPP stream, so what others gave us is repaired
 * here: broken UTF-8 and forbidden characters become U+FFFD.
 */
#pragma once
#include "common/base/buf.h"

void xml_text(struct buf *out, struct str text);                            /* for content and attribute values */
void xml_attribute(struct buf *out, const char *name, struct str value);    /* " name='value'" */
void xml_element(struct buf *out, const char *name, struct str text);       /* "<name>text</name>" */
void xml_attribute_z(struct buf *out, const char *name, const char *value); /* nothing when value is NULL */
