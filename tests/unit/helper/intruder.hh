// SPDX-License-Identifier: Apache-2.0
//
// What somebody tries who has taken the helper over, each attempt with the stage of lock-down that
// stops it. Attempts are made in a process that ends with them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hh"

namespace nsrun::helper {

// What lies around when the intruder comes, made before lock-down.
struct Surroundings {
  std::string socket_path;    // of a socket that listens
  std::string abstract_name;  // of another one, without its leading zero
  int sibling = 0;            // a process of the same user
  base::Fd host_mounts;       // the host's mount namespace
};

struct Attempt {
  std::string name;
  std::function<bool(const Surroundings&)> works;
  // The stage after which it fails: for one who owns the network (the host's root), and for an
  // ordinary user. "": it never works for him.
  std::string stopped_for_root;
  std::string stopped_for_user;
  bool is_deadly = false;      // the last stage kills for it, in every build
  bool may_be_absent = false;  // kernels are built or configured without it
};

std::vector<Attempt> attempts();

// What a helper goes on doing.
std::vector<Attempt> honest_work();

}  // namespace nsrun::helper
