// SPDX-License-Identifier: Apache-2.0
//
// A guest cannot make us send more header than payload.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, OpenByGuestTinyMss) {
  guest.sends(syn().mss(1));
  host.connects();
  relay.sends(syn_ack());
  guest.sends(ack(1));
  host.gives(88);
  relay.sends(data(88));  // transmit() was told 88, or the story would end here
}

}  // namespace nsrun::tcp
