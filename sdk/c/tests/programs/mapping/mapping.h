/* Two pages of numbers. */
#ifndef MAPPING_H
#define MAPPING_H

#define ENTRIES 600

#endif
