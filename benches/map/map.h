/* How many entries the map has. */
#ifndef MAP_H
#define MAP_H

#define ENTRIES 10000

#endif
