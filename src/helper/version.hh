// SPDX-License-Identifier: Apache-2.0
//
// What --version prints, in the lines that slirp4netns' callers read: the first word and the word
// "version" are fixed, the number is that of the slirp4netns whose interface we have.
#pragma once

#include <string>

namespace nsrun::helper {

std::string version_text();

}  // namespace nsrun::helper
