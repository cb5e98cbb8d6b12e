// SPDX-License-Identifier: Apache-2.0
//
// What the data plane counts. One owner (the data plane's thread) adds; others get snapshots by
// message. Every refusal of a frame has a counter of its own, so that nothing is lost silently.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nsrun::base {

enum class Counter : uint8_t {
  kFramesFromGuest,
  kFramesToGuest,
  kBytesFromGuest,
  kBytesToGuest,
  kDroppedTooShort,
  kDroppedBadVirtioHeader,
  kDroppedBadIp,
  kDroppedBadTransport,
  kDroppedUnknownEtherType,
  kDroppedForeignMac,
  kDroppedUnfitForStack,
  kDroppedTapFull,
  kDroppedFragmentTimeout,
  kDroppedFragmentOverlap,
  kDroppedFragmentMemory,
  kDeniedByPolicy,
  kDnsQueries,
  kDnsFailures,
  kDnsDropped,
  kSlirpFrames,
  kTcpFlowsOpened,
  kTcpFlowsClosed,
  kTcpFlowsRefused,
  kTcpFlowsReaped,
  kTcpRetransmits,
  kTcpBadChecksum,
  kUdpFlowsOpened,
  kUdpFlowsExpired,
  kUdpFlowsRefused,
  kUdpDropped,
  kCaptureDropped,
  kCount_,
};

inline constexpr size_t kCounterCount = static_cast<size_t>(Counter::kCount_);

// snake_case, as shown by netns-ctl and in logs.
std::string_view counter_name(Counter counter) noexcept;

class Counters {
 public:
  void add(Counter counter, uint64_t amount = 1) noexcept {
    values_[static_cast<size_t>(counter)] += amount;
  }
  uint64_t get(Counter counter) const noexcept { return values_[static_cast<size_t>(counter)]; }

 private:
  std::array<uint64_t, kCounterCount> values_{};
};

}  // namespace nsrun::base
