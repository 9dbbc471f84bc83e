/* SPDX-License-Identifier: MIT */
#define SYNC_POLICY_FIFO 0
