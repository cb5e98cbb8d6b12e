// SPDX-License-Identifier: Apache-2.0
//
// What is to be had only in namespaces that this process must not enter: a short-lived child enters
// them, and what it finds or opens there comes back as a message.
#pragma once

#include <functional>

#include "base/fd.hh"
#include "os/fd_passing.hh"

namespace nsrun::os {

// Runs `body` in a child and returns what it returned. `socket`, which carries the answer, is to be
// closed in a process that `body` starts and leaves behind. Throws base::Failure with the words of
// what `body` threw, and SystemError.
Message answer_from_child(const std::function<Message(base::Fd& socket)>& body);

}  // namespace nsrun::os
