package user_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"sallyport/provider/user"
)

// L03: with every slot taken one may wait, and the next one is told at once.
func TestL03BusyHasherTellsSoAtOnce(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 2, 1)
	release := h.Occupy(2)
	waiting := make(chan error, 1)
	go func() {
		_, err := h.Verify(ctx, h.Decoy(), "correct horse")
		waiting <- err
	}()
	untilWaiting(t, h, 1)
	for what, stored := range map[string]string{"somebody": h.Decoy(), "nobody": ""} {
		if _, err := h.Verify(ctx, stored, "correct horse"); !errors.Is(err, user.ErrBusy) {
			t.Errorf("%s: %v, want ErrBusy", what, err)
		}
	}
	if _, err := h.Hash(ctx, "correct horse"); !errors.Is(err, user.ErrBusy) {
		t.Errorf("hash: %v, want ErrBusy", err)
	}
	release()
	if err := <-waiting; err != nil {
		t.Errorf("the one in the queue: %v", err)
	}
	if _, err := h.Hash(ctx, "correct horse"); err != nil || h.Waiting() != 0 {
		t.Errorf("afterwards: %v, %d wait", err, h.Waiting())
	}
}

func TestWhoeverGivesUpLeavesTheQueue(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 1, 1)
	release := h.Occupy(1)
	impatient, cancel := context.WithCancel(ctx)
	gone := make(chan error, 1)
	go func() {
		_, err := h.Verify(impatient, "", "correct horse")
		gone <- err
	}()
	untilWaiting(t, h, 1)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want Canceled", err)
	}
	untilWaiting(t, h, 0)
	release()
	if _, err := h.Verify(ctx, "", "correct horse"); err != nil {
		t.Errorf("the slot is lost: %v", err)
	}
}

func untilWaiting(t *testing.T, h *user.Hasher, n int64) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); h.Waiting() != n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait, want %d", h.Waiting(), n)
		}
	}
}
