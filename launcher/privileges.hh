// SPDX-License-Identifier: Apache-2.0
//
// The command's rights. sandbox/capabilities.hh keeps one capability for the helper; the command
// keeps none.
#pragma once

namespace nsrun::launcher {

// Empties the capability sets and forbids new privileges, after which no exec fills them again
// (no_new_privs in prctl(2)). The bounding set stays: without a capability in it, the kernel
// refuses to execute files that carry it, ping(8) among them. Throws SystemError.
void give_up_all_rights();

}  // namespace nsrun::launcher
