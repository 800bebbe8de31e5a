#ifndef PROBES_H
#define PROBES_H

void probes_print(void);

#endif
