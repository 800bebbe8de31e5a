/* How many numbers the two sides share. */
#ifndef GLOBAL_H
#define GLOBAL_H

#define SLOTS 512

#endif
