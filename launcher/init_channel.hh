// SPDX-License-Identifier: Apache-2.0
//
// What netns-run and the init of the guest say to each other, over a SOCK_SEQPACKET pair. Both are
// one program that forked, so the messages need no version.
//
//   netns-run -> init   kSetUp (the id maps are written), kStart (the helper is ready), kSignal,
//                       kToFront (the command gets the terminal), kContinue (a SIGCONT)
//   init -> netns-run   kNetworkReady with the TAP's descriptor, or kFailed; kEntrance with the
//                       descriptors of the namespaces; kStopped, kKilled
//
// Init's own exit status is the command's, or 128 + the signal that kKilled names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hh"

namespace nsrun::launcher {

enum class InitWord : uint8_t {
  kSetUp,
  kStart,
  kSignal,
  kToFront,
  kContinue,
  kNetworkReady,
  kEntrance,
  kFailed,
  kStopped,
  kKilled
};

struct InitMessage {
  InitWord word{};
  // kStart: 1 for a process group of the command's own; kSignal, kStopped, kKilled: the signal;
  // kContinue: how many kStopped have been served before it; kFailed: errno, 0 when it was none.
  int number = 0;
  std::string text = {};  // kFailed: for the user; kEntrance: EntryTerms, encoded
  std::vector<base::Fd> fds = {};
};

// Throws SystemError.
void send_to_init_channel(base::FdView channel, const InitMessage& message);

// Waits; nullopt when the other side has ended. Throws SystemError.
std::optional<InitMessage> receive_from_init_channel(base::FdView channel);

}  // namespace nsrun::launcher
