#include "engine/model/handler.h"

#define NAME(name, text, phrase, place) [HANDLER_##name] = text,
#define PHRASE(name, text, phrase, place) [HANDLER_##name] = phrase,
#define PLACE(name, text, phrase, place) [HANDLER_##name] = place,

ENUM_TABLE(handler, enum handler, HANDLER_COUNT, HANDLERS(NAME));

const char *handler_phrase(enum handler handler)
{
	static const char *const phrases[HANDLER_COUNT] = {HANDLERS(PHRASE)};

	assert((size_t)handler < HANDLER_COUNT);
	return phrases[handler];
}

const char *handler_place(enum handler handler)
{
	static const char *const places[HANDLER_COUNT] = {HANDLERS(PLACE)};

	assert((size_t)handler < HANDLER_COUNT);
	return places[handler];
}
