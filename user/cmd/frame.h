/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the frame's own parts share: main.c, image.c, the shell, copying.
 */
#ifndef EFS_CMD_FRAME_H
#define EFS_CMD_FRAME_H

#include <stdbool.h>

/** frame_catch_signals() - from here on SIGINT and its like set cmd_signal
 * Called when the first thing is opened that a sudden end would leave half done.
 */
void frame_catch_signals(void);

/** frame_in_shell() - do commands come from `efs sh`? */
bool frame_in_shell(void);
void frame_set_shell(bool on);

#endif /* EFS_CMD_FRAME_H */
