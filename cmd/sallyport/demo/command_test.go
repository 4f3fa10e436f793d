package demo_test

import (
	"os/exec"
	"testing"

	"sallyport/cmd/sallyport/demo"
)

func TestWhatIsShownToTypeIsOneWordToAShell(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"/usr/bin/sallyport", "My Files/demo", "it's", "$HOME", "`id`", "a;b", "", "å", `back\slash`, "line\nbreak"} {
		out, err := exec.Command("sh", "-c", "printf '<%s>' "+demo.Quoted(word)).Output()
		if err != nil || string(out) != "<"+word+">" {
			t.Errorf("%q is %q to a shell, %v", word, out, err)
		}
	}
}
