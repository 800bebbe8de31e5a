// `std FOLDER` prints what programs rely on, the same natively; `records ...` is in records_wasip1.go; without
// arguments nothing is done.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Parts that only the guest has.
var parts = map[string]func(args []string){}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	if len(os.Args) == 1 {
		return
	}
	if part, ok := parts[os.Args[1]]; ok {
		part(os.Args[2:])
		return
	}
	fmt.Printf("%q %q\n", os.Args[1:], os.Getenv("SET"))
	input := bufio.NewScanner(os.Stdin)
	fmt.Println("stdin", input.Scan(), input.Err())
	files(os.Args[2])
	folders(filepath.Join(os.Args[2], "many"))
	failures(os.Args[2])
	goroutines()
	times()
	memory()
	for line := range 100000 {
		fmt.Println("line", line)
	}
	os.Exit(77)
}

func files(folder string) {
	path := filepath.Join(folder, "file")
	must(os.WriteFile(path, []byte("hello world\n"), 0o644))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	must(err)
	_, err = file.Write([]byte("more"))
	must(err)
	fmt.Println(file.Seek(0, io.SeekStart))
	text, err := io.ReadAll(file)
	fmt.Printf("%q %v\n", text, err)
	must(file.Close())
	file, err = os.OpenFile(path, os.O_RDWR, 0)
	must(err)
	fmt.Println(file.WriteAt([]byte("WORLD"), 6))
	fmt.Println(file.ReadAt(make([]byte, 5), 14))
	must(file.Truncate(9))
	must(file.Sync())
	must(file.Close())
	when := time.Unix(1234567890, 123456789)
	must(os.Chtimes(path, when, when))
	must(os.Symlink("file", filepath.Join(folder, "symlink")))
	must(os.Link(path, filepath.Join(folder, "link")))
	for _, name := range []string{"file", "symlink", "link"} {
		info, err := os.Stat(filepath.Join(folder, name))
		must(err)
		fmt.Println(info.Name(), info.Size(), info.Mode().Type(), info.ModTime().UTC())
	}
	info, err := os.Lstat(filepath.Join(folder, "symlink"))
	fmt.Println(info.Mode().Type(), err)
	fmt.Println(os.Readlink(filepath.Join(folder, "symlink")))
	must(os.Rename(filepath.Join(folder, "link"), filepath.Join(folder, "moved")))
	large := bytes.Repeat([]byte("0123456789abcdef"), 200000)
	must(os.WriteFile(filepath.Join(folder, "large"), large, 0o600))
	back, err := os.ReadFile(filepath.Join(folder, "large"))
	fmt.Println(bytes.Equal(back, large), err)
}

func folders(many string) {
	for number := range 1000 {
		name := fmt.Sprintf("%d/%04d-%s", number%2, number, strings.Repeat("n", number%200))
		must(os.MkdirAll(filepath.Dir(filepath.Join(many, name)), 0o755))
		must(os.WriteFile(filepath.Join(many, name), make([]byte, number), 0o644))
	}
	must(filepath.Walk(many, func(path string, info fs.FileInfo, err error) error {
		fmt.Println(filepath.Base(path), info.IsDir(), info.IsDir() || info.Size() > 0, err)
		return err
	}))
	entries, err := os.ReadDir(filepath.Join(many, "1"))
	fmt.Println(len(entries), err)
	must(os.RemoveAll(many))
}

func failures(folder string) {
	path := func(name string) string { return filepath.Join(folder, name) }
	must(os.MkdirAll(path("full/x"), 0o755))
	_, open := os.Open(path("none"))
	_, exclusive := os.OpenFile(path("file"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	for _, err := range []error{open, exclusive, os.Mkdir(path("full"), 0o755), os.Remove(path("none")), os.Remove(path("full"))} {
		fmt.Println(err != nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist))
	}
	defer func() { fmt.Println(recover()) }()
	var none map[string]int
	none["x"] = 1
}

func goroutines() {
	numbers, sum := make(chan int), make(chan int)
	var group sync.WaitGroup
	for number := range 1000 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 10 {
				numbers <- number
				runtime.Gosched()
			}
		}()
	}
	go func() {
		total := 0
		for number := range numbers {
			total += number
		}
		sum <- total
	}()
	group.Wait()
	close(numbers)
	fmt.Println(<-sum)
}

func times() {
	for _, duration := range []time.Duration{0, 1, time.Microsecond, time.Millisecond, 30 * time.Millisecond} {
		began := time.Now()
		time.Sleep(duration)
		fmt.Println(duration, time.Since(began) >= duration)
	}
	began, ticker := time.Now(), time.NewTicker(2*time.Millisecond)
	for range 10 {
		<-ticker.C
	}
	fmt.Println(time.Since(began) >= 20*time.Millisecond)
	var group sync.WaitGroup
	for number := range 100 {
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(time.Duration(number%10) * time.Millisecond)
		}()
	}
	group.Wait()
	select {
	case <-time.After(time.Hour):
	case <-time.After(time.Millisecond):
		fmt.Println("the shorter wins")
	}
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func memory() {
	kept, total := grow(14), 0
	for range 30 {
		total += grow(13).count()
	}
	block := make([]byte, 256<<20)
	block[len(block)-1] = 1
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println(total, kept.count(), len(block), stats.NumGC > 3)
}
