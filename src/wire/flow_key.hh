// SPDX-License-Identifier: Apache-2.0
//
// What names a flow, and a hash over it that the guest cannot steer: SipHash-1-3 (Aumasson and
// Bernstein, 2012) with a random key per run, so that nobody fills one bucket on purpose.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/address.hh"

namespace nsrun::wire {

struct FlowKey {
  Transport transport = Transport::kTcp;
  Endpoint guest;
  Endpoint remote;
  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

struct SipHashKey {
  uint64_t first = 0;
  uint64_t second = 0;
};

// SipHash-c-d over whole 64-bit words (the reference algorithm for inputs of 8 * n bytes, read in
// little-endian order): kCompression rounds per word, kFinalization at the end.
template <int kCompression, int kFinalization>
class SipHash {
 public:
  constexpr explicit SipHash(const SipHashKey& key) noexcept
      : v0_(key.first ^ 0x736f6d6570736575),
        v1_(key.second ^ 0x646f72616e646f6d),
        v2_(key.first ^ 0x6c7967656e657261),
        v3_(key.second ^ 0x7465646279746573) {}

  constexpr void add(uint64_t word) noexcept {
    length_ += 8;
    compress(word);
  }

  constexpr uint64_t finish() noexcept {
    compress(length_ << 56);
    v2_ ^= 0xff;
    for (int i = 0; i < kFinalization; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  constexpr void compress(uint64_t word) noexcept {
    v3_ ^= word;
    for (int i = 0; i < kCompression; ++i) round();
    v0_ ^= word;
  }
  constexpr void round() noexcept {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
  uint64_t length_ = 0;
};

class FlowHash {
 public:
  explicit FlowHash(const SipHashKey& key) noexcept : key_(key) {}

  size_t operator()(const FlowKey& flow) const noexcept {
    SipHash<1, 3> hash(key_);
    add(hash, flow.guest.address);
    add(hash, flow.remote.address);
    hash.add(uint64_t{static_cast<uint8_t>(flow.transport)} << 32 |
             uint64_t{flow.guest.port} << 16 | flow.remote.port);
    return static_cast<size_t>(hash.finish());
  }

 private:
  static void add(SipHash<1, 3>& hash, const IpAddress& address) noexcept {
    uint64_t words[2];
    std::memcpy(words, address.octets().data(), sizeof words);
    hash.add(words[0]);
    hash.add(words[1]);
  }

  SipHashKey key_;
};

}  // namespace nsrun::wire
