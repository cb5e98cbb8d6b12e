// SPDX-License-Identifier: Apache-2.0
//
// What netns-ctl exec has to know to make a program a second command: which namespaces, who it is
// there, and what it may do. The guest has no say in it: init tells netns-run, and netns-run
// whoever enters (entrance.hh).
#pragma once

#include <array>
#include <string>

#include "base/bytes.hh"
#include "base/result.hh"
#include "launcher/privileges.hh"
#include "os/id_maps.hh"
#include "os/namespace.hh"

namespace nsrun::launcher {

// In the order in which they are entered: the first gives the capabilities for the others, and with
// the last the own /proc is out of sight.
inline constexpr std::array kEnteredNamespaces{
    os::NamespaceKind::kUser, os::NamespaceKind::kNetwork, os::NamespaceKind::kIpc,
    os::NamespaceKind::kUts,  os::NamespaceKind::kCgroup,  os::NamespaceKind::kPid,
    os::NamespaceKind::kMount};

inline constexpr size_t kNetworkPlace = 1;

struct EntryTerms {
  os::Ids inside;
  Rights rights;
};

std::string encode(const EntryTerms& terms);
// The instance may have been started by another version.
base::Result<EntryTerms> decode_entry_terms(base::Bytes bytes);

}  // namespace nsrun::launcher
