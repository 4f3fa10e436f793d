package seal_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"sallyport/storage/seal"
)

// loader, when set, makes this test binary one more process that loads the keyset of that path.
const loader = "SALLYPORT_TEST_KEYSET"

func TestMain(m *testing.M) {
	if path := os.Getenv(loader); path != "" {
		s, err := seal.Load(path)
		if err != nil {
			panic(err)
		}
		k, err := s.Derive("race", 16)
		if err != nil {
			panic(err)
		}
		_, _ = os.Stdout.Write(k)
		return
	}
	os.Exit(m.Run())
}

func load(t *testing.T, path string) *seal.Sealer {
	t.Helper()
	s, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func onlyKeyset(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFirstStartMakesTheKeysetAndLaterOnesReadIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyset.json")
	b := sealed(t, load(t, path), here)
	onlyKeyset(t, path)
	wantOpen(t, load(t, path), b)
}

func TestInstancesThatStartTogetherShareOneKeyset(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyset.json")
	keys := make(chan string, 40)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			s, err := seal.Load(path)
			if err != nil {
				t.Error(err)
				return
			}
			k, err := s.Derive("race", 16)
			if err != nil {
				t.Error(err)
			}
			keys <- string(k)
		})
	}
	for range 4 {
		wait.Go(func() {
			process := exec.Command(os.Args[0])
			process.Env = append(os.Environ(), loader+"="+path)
			k, err := process.Output()
			if err != nil {
				t.Error(err)
			}
			keys <- string(k)
		})
	}
	wait.Wait()
	close(keys)
	want := derive(t, load(t, path), "race")[:16]
	for k := range keys {
		if k != want {
			t.Error("two keysets were in use")
		}
	}
	onlyKeyset(t, path)
}

func TestSaveReplacesWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyset.json")
	s := load(t, path)
	before := sealed(t, s, here)
	held, err := os.Open(path) // a reader in the middle keeps the old file
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	rotated, err := s.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if err := rotated.Save(path); err != nil {
		t.Fatal(err)
	}
	onlyKeyset(t, path)
	wantOpen(t, load(t, path), before)
	wantOpen(t, load(t, path), sealed(t, rotated, here))
	a, err1 := held.Stat()
	b, err2 := os.Stat(path)
	if err1 != nil || err2 != nil || os.SameFile(a, b) {
		t.Errorf("the file was overwritten in place (%v, %v)", err1, err2)
	}
}

func TestKeysetThatCannotBeReadIsNeverReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyset.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Load(path); !errors.Is(err, seal.ErrKeyset) {
		t.Errorf("error %v, want ErrKeyset", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "{" {
		t.Errorf("the file is now %q (%v)", b, err)
	}
	if _, err := seal.Load(filepath.Join(path, "below", "keyset.json")); err == nil {
		t.Error("a keyset below a file")
	}
	if _, err := seal.Load(filepath.Join(t.TempDir(), "missing", "keyset.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is missing: %v", err)
	}
}
