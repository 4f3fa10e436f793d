package user

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"
)

// Cost is what one argon2id hash takes (RFC 9106 4).
type Cost struct {
	MemoryKiB   uint32
	Iterations  uint32
	Parallelism uint8
}

// Hasher hashes and verifies passwords with bounded memory: at most Concurrency hashes run and
// Queue wait; the next one gets ErrBusy at once (gauntlet L03).
type Hasher struct {
	cost    Cost
	slots   *semaphore.Weighted
	waiting atomic.Int64
	queue   int64
	decoy   string
}

// The errors of a Hasher.
var (
	ErrBusy     = errors.New("too many passwords to hash")
	ErrPassword = errors.New("password must have 8 or more characters and at most 1024 bytes")
)

const maxPassword = 1024 // bytes; longer ones are refused before any work is done

// NewHasher makes a Hasher. Concurrency and queue count hashes.
func NewHasher(c Cost, concurrency, queue int) *Hasher {
	h := &Hasher{cost: c, slots: semaphore.NewWeighted(int64(concurrency)), queue: int64(queue)}
	h.decoy = h.encode("a password that nobody has", newSalt())
	return h
}

// Hash makes the stored form of a new password. NIST SP 800-63B-4 3.1.1.2: at least 8 characters
// where a second factor stands beside it, no rules of composition. Errors: ErrPassword, ErrBusy.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if utf8.RuneCountInString(password) < 8 || len(password) > maxPassword || !utf8.ValidString(password) {
		return "", ErrPassword
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.slots.Release(1)
	return h.encode(canonical(password), newSalt()), nil
}

// Verify reports whether password is the one behind stored. With nothing stored it works as long
// and answers false, so that time does not tell who exists (gauntlet J01). Errors: ErrBusy.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (bool, error) {
	if len(password) > maxPassword || !utf8.ValidString(password) {
		return false, nil
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.slots.Release(1)
	if stored == "" {
		matches(h.decoy, canonical(password))
		return false, nil
	}
	return matches(stored, canonical(password)), nil
}

func (h *Hasher) enter(ctx context.Context) error {
	if h.slots.TryAcquire(1) {
		return nil
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > h.queue {
		return ErrBusy
	}
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return fmt.Errorf("wait for a password hash: %w", err)
	}
	return nil
}

// canonical: the same characters typed on another system must be the same password (RFC 8265 4.2).
func canonical(password string) string { return norm.NFC.String(password) }

func newSalt() []byte {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		panic(err)
	}
	return salt
}

// encode writes the PHC string format, which keeps the cost with each hash, so that it can be raised.
func (h *Hasher) encode(password string, salt []byte) string {
	sum := argon2.IDKey([]byte(password), salt, h.cost.Iterations, h.cost.MemoryKiB, h.cost.Parallelism, 32)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Iterations,
		h.cost.Parallelism, b.EncodeToString(salt), b.EncodeToString(sum))
}

// matches bounds what a stored hash may demand: a row from a careless import must not take the server's memory.
func matches(stored, password string) bool {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var c Cost
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Iterations, &c.Parallelism); err != nil {
		return false
	}
	if c.MemoryKiB > 1<<20 || c.Iterations > 16 || c.Iterations == 0 || c.Parallelism == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	sum, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(sum) != 32 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, c.Iterations, c.MemoryKiB, c.Parallelism, 32)
	return subtle.ConstantTimeCompare(got, sum) == 1
}
