// SPDX-License-Identifier: Apache-2.0
#include "wire/virtio_net.hh"

#include <gtest/gtest.h>

#include <cstddef>

namespace nsrun::wire {
namespace {

// struct virtio_net_hdr: __u8 flags, gso_type; __u16 hdr_len, gso_size, csum_start, csum_offset.
// The kernel's header itself does not compile as C++ (a member named "class").
static_assert(offsetof(VirtioNetHeader, flags) == 0 && offsetof(VirtioNetHeader, gso_type) == 1);
static_assert(offsetof(VirtioNetHeader, header_length) == 2);
static_assert(offsetof(VirtioNetHeader, gso_size) == 4);
static_assert(offsetof(VirtioNetHeader, checksum_start) == 6);
static_assert(offsetof(VirtioNetHeader, checksum_offset) == 8);

TEST(VirtioNetHeader, PlainFrameIsValid) { EXPECT_TRUE(is_valid_for({}, 14)); }

TEST(VirtioNetHeader, ChecksumFieldMustBeInsideTheFrame) {
  VirtioNetHeader header;
  header.flags = kVirtioNeedsChecksum;
  header.checksum_start = 34;
  header.checksum_offset = 16;
  EXPECT_FALSE(is_valid_for(header, 51));
  EXPECT_TRUE(is_valid_for(header, 52));
  header.checksum_start = header.checksum_offset = 65535;
  EXPECT_FALSE(is_valid_for(header, 65536));
}

TEST(VirtioNetHeader, SegmentationNeedsAKnownKindAndASize) {
  VirtioNetHeader header;
  for (const uint8_t kind : {kVirtioGsoTcpV4, kVirtioGsoTcpV6, kVirtioGsoUdpL4}) {
    header.gso_type = kind;
    header.gso_size = 0;
    EXPECT_FALSE(is_valid_for(header, 1514));
    header.gso_size = 1448;
    EXPECT_TRUE(is_valid_for(header, 1514));
    header.gso_type = kind | kVirtioGsoEcn;
    EXPECT_TRUE(is_valid_for(header, 1514));
    EXPECT_EQ(gso_kind(header), kind);
  }
  for (const int kind : {2, 3, 6, 0x7f}) {
    header.gso_type = static_cast<uint8_t>(kind);
    EXPECT_FALSE(is_valid_for(header, 1514));
  }
}

}  // namespace
}  // namespace nsrun::wire
