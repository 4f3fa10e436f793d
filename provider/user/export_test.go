package user

import "context"

// Occupy takes every slot, as if that many hashes were being made, until release is called.
func (h *Hasher) Occupy(slots int64) (release func()) {
	if err := h.slots.Acquire(context.Background(), slots); err != nil {
		panic(err)
	}
	return func() { h.slots.Release(slots) }
}

// Waiting is how many wait for a slot.
func (h *Hasher) Waiting() int64 { return h.waiting.Load() }

// Decoy is what is hashed against for those who do not exist.
func (h *Hasher) Decoy() string { return h.decoy }
