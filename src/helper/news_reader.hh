// SPDX-License-Identifier: Apache-2.0
//
// Puts to use what the process outside says: new name servers go to the data plane, the removal of
// the target's path ends the helper. Lives in the main context's thread.
#pragma once

#include <optional>

#include "control/main_context.hh"
#include "dataplane/data_plane.hh"
#include "helper/outside.hh"
#include "helper/supervision.hh"

namespace nsrun::helper {

class NewsReader {
 public:
  // All of them must outlive the reader; the data plane's thread, too. `follows_target`: without
  // the process outside nobody would learn of the target's end.
  NewsReader(control::MainContext& context, Outside& outside, dataplane::DataPlane& data_plane,
             Supervision& supervision, bool follows_target);

 private:
  void read();
  void lose_outside();

  Outside& outside_;
  dataplane::DataPlane& data_plane_;
  Supervision& supervision_;
  bool follows_target_;
  std::optional<control::FdSource> source_;
};

}  // namespace nsrun::helper
