package user_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sallyport/provider/user"
)

var (
	ctx   = context.Background()
	cheap = user.Cost{MemoryKiB: 64, Iterations: 1, Parallelism: 1}
)

func verify(t *testing.T, h *user.Hasher, stored, password string) bool {
	t.Helper()
	ok, err := h.Verify(ctx, stored, password)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestPasswordOpensItsOwnHashOnly(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 2, 10)
	for _, password := range []string{"correct horse", "        ", "🐎🐎🐎🐎🐎🐎🐎🐎", strings.Repeat("x", 1024), "nul\x00inside"} {
		stored, err := h.Hash(ctx, password)
		if err != nil {
			t.Fatalf("%.20q: %v", password, err)
		}
		if !verify(t, h, stored, password) {
			t.Errorf("%.20q does not open its hash", password)
		}
		for _, wrong := range []string{"", password + " ", password[1:], strings.ToUpper(password) + "x", "nul"} {
			if verify(t, h, stored, wrong) {
				t.Errorf("%.20q opens the hash of %.20q", wrong, password)
			}
		}
		if again, err := h.Hash(ctx, password); err != nil || again == stored {
			t.Errorf("no salt: %v", err)
		}
	}
}

// RFC 8265 4.2: composed on one system, decomposed on another.
func TestOnePasswordHasOneForm(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 1, 10)
	stored, err := h.Hash(ctx, "br\u00fbl\u00e9e 1234")
	if err != nil || !verify(t, h, stored, "bru\u0302le\u0301e 1234") {
		t.Errorf("the decomposed form is another password (%v)", err)
	}
	if verify(t, h, stored, "brulee 1234") || verify(t, h, stored, "BRÛLÉE 1234") {
		t.Error("accents or case do not count")
	}
}

func TestPasswordsOutOfBounds(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 1, 10)
	for _, password := range []string{"", "1234567", "éééééé7", strings.Repeat("x", 1025), "broken \xff utf-8"} {
		if _, err := h.Hash(ctx, password); !errors.Is(err, user.ErrPassword) {
			t.Errorf("%.20q: %v", password, err)
		}
	}
	if verify(t, h, "", strings.Repeat("x", 1025)) || verify(t, h, h.Decoy(), strings.Repeat("x", 1<<20)) {
		t.Error("a password out of bounds opens something")
	}
}

// Made with the reference implementation of the Password Hashing Competition.
func TestHashesOfOthersAreRead(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 1, 10)
	for stored, password := range map[string]string{
		"$argon2id$v=19$m=64,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$qaB7sa8eyIybdcniMTLpFRVjkOul4KqVL2ctIUTujHM":  "crème brûlée 8",
		"$argon2id$v=19$m=256,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$kpQqWqdONKrvqLOtVu7tC+pahLka+lGN4Mq6W+J7ujc": "correct horse",
	} {
		if !verify(t, h, stored, password) || verify(t, h, stored, password+"x") {
			t.Errorf("%s", stored)
		}
	}
}

// L03: a stored hash must not take the memory or the time of the server, whoever wrote it.
func TestL03StoredHashesAreBounded(t *testing.T) {
	t.Parallel()
	h := user.NewHasher(cheap, 1, 10)
	const tail = "$c29tZXNhbHRzb21lc2FsdA$kpQqWqdONKrvqLOtVu7tC+pahLka+lGN4Mq6W+J7ujc"
	hostile := []string{"$argon2id$v=19$m=4294967295,t=1,p=1" + tail, "$argon2id$v=19$m=1048577,t=1,p=1" + tail, "$argon2id$v=19$m=64,t=4294967295,p=1" + tail,
		"$argon2id$v=19$m=64,t=17,p=1" + tail, "$argon2id$v=19$m=64,t=0,p=1" + tail, "$argon2id$v=19$m=64,t=1,p=0" + tail, "$argon2id$v=19$m=64,t=1,p=256" + tail,
		"$argon2id$v=19$m=-1,t=1,p=1" + tail, "$argon2id$v=19$m=99999999999999999999,t=1,p=1" + tail, "$argon2i$v=19$m=256,t=1,p=1" + tail,
		"$argon2d$v=19$m=256,t=1,p=1" + tail, "$argon2id$v=16$m=256,t=1,p=1" + tail, "$argon2id$m=256,t=1,p=1" + tail, "$argon2id$v=19$m=256,t=1,p=1$c29t$",
		"$argon2id$v=19$m=256,t=1,p=1$!!$kpQqWqdO", "$argon2id$v=19$$$", "$$$$$", "x", "correct horse", "$2a$10$abcdefghijklmnopqrstuv", " " + h.Decoy(), h.Decoy() + "$"}
	for _, stored := range hostile {
		if verify(t, h, stored, "correct horse") {
			t.Errorf("%s opens", stored)
		}
	}
}

// J01: where nobody is, the same work is done on a hash of the same cost. Allocations stand for
// the work: the memory of argon2 is among them.
func TestJ01NobodyCostsAsMuchAsSomebody(t *testing.T) {
	h := user.NewHasher(cheap, 1, 10)
	if want := "$argon2id$v=19$m=64,t=1,p=1$"; !strings.HasPrefix(h.Decoy(), want) {
		t.Errorf("decoy %s", h.Decoy())
	}
	stored, err := h.Hash(ctx, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	somebody := testing.AllocsPerRun(20, func() { verify(t, h, stored, "wrong horse") })
	nobody := testing.AllocsPerRun(20, func() { verify(t, h, "", "wrong horse") })
	// Whatever else runs in the process allocates too, by one or two; without the decoy hardly any would remain.
	if nobody < somebody/2 || nobody < 10 {
		t.Errorf("%v allocations for nobody, %v for somebody", nobody, somebody)
	}
	if verify(t, h, "", "a password that nobody has") {
		t.Error("the decoy opens")
	}
}
