// SPDX-License-Identifier: Apache-2.0
//
// The weaknesses of libslirp that are publicly known, and whether whoever hands it frames keeps
// from it what they need (dataplane/sanitise.hh; SECURITY.md says how, for each). Pure.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace nsrun::slirp {

using Version = std::array<int, 3>;

struct KnownHole {
  std::string_view name;
  Version fixed_in;
  bool is_covered;
};

std::span<const KnownHole> known_holes();

// What to tell the user about libslirp `version` ("4.7.0"); "" when there is nothing.
std::string hole_warning(std::string_view version, std::span<const KnownHole> holes);

}  // namespace nsrun::slirp
