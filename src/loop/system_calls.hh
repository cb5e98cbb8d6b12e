// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/system_call.hh"

namespace nsrun::loop {

inline constexpr base::SystemCall kSystemCalls[] = {
    {"epoll_wait"}, {"epoll_pwait"},  // what epoll_wait(3) is on newer architectures
    {"epoll_ctl"},  {"read"},         // eventfd(2)
    {"write"},
};

}  // namespace nsrun::loop
