"""The groups of settings; `helpline.settings` is the tree of them."""
