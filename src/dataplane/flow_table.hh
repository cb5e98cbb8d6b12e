// SPDX-License-Identifier: Apache-2.0
//
// Flows by their 5-tuple: open addressing with linear probing and a keyed hash, so that a look-up
// takes constant time whatever the guest does. Deletion moves followers back: no tombstones. Does
// not own the flows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/flow_key.hh"

namespace nsrun::dataplane {

// Which of a flow's names a table goes by; `of` returns a reference.
struct GuestKey {
  template <typename Flow>
  static const wire::FlowKey& of(const Flow& flow) noexcept {
    return flow.key();
  }
};

template <typename Flow, typename KeyOf = GuestKey>
class FlowTable {
 public:
  // `key`: random, per run.
  explicit FlowTable(const wire::SipHashKey& key) : hash_(key), slots_(kInitialSlots) {}

  size_t size() const noexcept { return size_; }

  Flow* find(const wire::FlowKey& key) const noexcept {
    const uint32_t hash = hash_of(key);
    for (size_t i = home(hash); slots_[i].flow != nullptr; i = after(i)) {
      if (slots_[i].hash == hash && KeyOf::of(*slots_[i].flow) == key) return slots_[i].flow;
    }
    return nullptr;
  }

  // The next insert() will not throw. Doubles the table when it is three quarters full: throws
  // std::bad_alloc.
  void reserve_one() {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  }

  // The key must not be in the table. Allocates as reserve_one() does.
  void insert(Flow* flow) {
    reserve_one();
    place({hash_of(KeyOf::of(*flow)), flow});
    ++size_;
  }

  void erase(const Flow* flow) noexcept {
    size_t i = home(hash_of(KeyOf::of(*flow)));
    while (slots_[i].flow != flow) {
      if (slots_[i].flow == nullptr) return;
      i = after(i);
    }
    close_gap(i);
    --size_;
  }

  // Visits some of the flows: those in about `slots` slots from `position` on. Where to go on,
  // nullopt after the last. A flow that stays throughout is visited, whatever comes and goes and
  // however the table grows meanwhile: once, or perhaps twice if the table has grown.
  //
  // A part ends behind an empty slot: what lies further on has its home there, and never moves to a
  // slot before its home. What was pushed over the end of the table to its beginning is visited at
  // the end.
  template <typename Visit>
  std::optional<size_t> visit_some(size_t position, size_t slots, Visit visit) const {
    for (size_t i = position;; ++i) {
      const Slot& slot = slots_[i & (slots_.size() - 1)];
      if (slot.flow != nullptr) {
        const bool is_pushed = home(slot.hash) > (i & (slots_.size() - 1));
        if (is_pushed == (i >= slots_.size())) visit(*slot.flow);
      } else if (i >= slots_.size()) {
        return std::nullopt;
      } else if (i - position >= slots) {
        return i + 1;
      }
    }
  }

 private:
  static constexpr size_t kInitialSlots = 8;  // a power of two, as ever after

  struct Slot {
    uint32_t hash = 0;
    Flow* flow = nullptr;
  };

  uint32_t hash_of(const wire::FlowKey& key) const noexcept {
    return static_cast<uint32_t>(hash_(key));
  }
  size_t home(uint32_t hash) const noexcept { return hash & (slots_.size() - 1); }
  size_t after(size_t i) const noexcept { return (i + 1) & (slots_.size() - 1); }

  void place(const Slot& slot) noexcept {
    size_t i = home(slot.hash);
    while (slots_[i].flow != nullptr) i = after(i);
    slots_[i] = slot;
  }

  // Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R.
  void close_gap(size_t gap) noexcept {
    for (size_t i = after(gap); slots_[i].flow != nullptr; i = after(i)) {
      const size_t distance_from_home = (i - home(slots_[i].hash)) & (slots_.size() - 1);
      const size_t distance_from_gap = (i - gap) & (slots_.size() - 1);
      if (distance_from_home < distance_from_gap) continue;
      slots_[gap] = slots_[i];
      gap = i;
    }
    slots_[gap] = Slot{};
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.flow != nullptr) place(slot);
    }
  }

  wire::FlowHash hash_;
  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace nsrun::dataplane
