/* Writes lines until nobody reads them: only the end of the pipe ends it. */
#include <stdio.h>

int main(void)
{
	for (;;)
		puts("a line that somebody may want to read");
}
