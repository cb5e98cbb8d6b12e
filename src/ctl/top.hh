// SPDX-License-Identifier: Apache-2.0
//
// "netns-ctl top": what the instances, or the connections of one, move at the moment.
#pragma once

#include <string>

#include "ctl/options.hh"

namespace nsrun::ctl {

// On a terminal, a table that is drawn anew each second until "q" or a signal; "" then. Else, or
// once, the table of one second. Throws like ask().
std::string top(const ShowTop& command, bool as_json);

}  // namespace nsrun::ctl
