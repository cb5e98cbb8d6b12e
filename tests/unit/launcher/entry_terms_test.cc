// SPDX-License-Identifier: Apache-2.0
#include "launcher/entry_terms.hh"

#include <gtest/gtest.h>

namespace nsrun::launcher {
namespace {

base::Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(EntryTerms, AreReadBack) {
  const EntryTerms terms{.inside = {.uid = 4294967294, .gid = 7},
                         .rights = {.has_maps = true,
                                    .capabilities = 0x123456789abcdef0,
                                    .no_new_privileges = false,
                                    .allow_vsock = true}};
  for (const EntryTerms& each : {terms, EntryTerms{}}) {
    const auto read = decode_entry_terms(bytes_of(encode(each)));
    ASSERT_TRUE(read.ok()) << read.error();
    EXPECT_EQ(read->inside.uid, each.inside.uid);
    EXPECT_EQ(read->inside.gid, each.inside.gid);
    EXPECT_EQ(read->rights, each.rights);
  }
}

TEST(EntryTerms, OfAnotherVersionAreRefused) {
  std::string text = encode(EntryTerms{});
  EXPECT_FALSE(decode_entry_terms(bytes_of(text + "x")).ok());
  EXPECT_FALSE(decode_entry_terms(bytes_of(text.substr(1))).ok());
  text[3] = 2;
  EXPECT_FALSE(decode_entry_terms(bytes_of(text)).ok());
}

}  // namespace
}  // namespace nsrun::launcher
