/* weights.S: puts the files of weights, byte for byte, into the library as constants. README.md
 * says how they were made. */
    .section .rodata
    .macro file name, path
    .balign 64
    .globl \name, \name\()_end
    .hidden \name, \name\()_end
\name:
    .incbin "\path"
\name\()_end:
    .endm
    file p2c_weights_landmarks, "lib/model/weights/landmarks.pt"
    file p2c_weights_matte, "lib/model/weights/matte.pt"
    file p2c_weights_generator, "lib/model/weights/generator.pt"
    .section .note.GNU-stack, "", %progbits
