/* floor-parse FILE: what reading a baseline costs at the least: the events of libyaml, thrown away. */

#include <stdbool.h>
#include <stdio.h>
#include <yaml.h>

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	yaml_parser_t parser;
	yaml_event_t event;
	size_t n = 0;

	if (!f || !yaml_parser_initialize(&parser)) {
		fprintf(stderr, "usage: floor-parse FILE\n");
		return 64;
	}
	yaml_parser_set_input_file(&parser, f);
	for (bool more = true; more; n++) {
		if (!yaml_parser_parse(&parser, &event)) {
			fprintf(stderr, "%s: %s\n", argv[1], parser.problem);
			return 1;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	printf("%zu\n", n);
	yaml_parser_delete(&parser);
	fclose(f);
	return 0;
}
